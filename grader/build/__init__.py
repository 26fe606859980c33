"""From a week's text source to the notebook that students get, the parts of later weeks, and the bundle."""
