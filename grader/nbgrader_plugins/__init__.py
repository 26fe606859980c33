"""The classes that nbgrader's configuration names: executor, collector, late policy, exporters."""
