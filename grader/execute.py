"""The executor: nbgrader's own, in a kernel that never asks the network for a model."""

import os
from typing import Any

from nbgrader.preprocessors import Execute


class OfflineExecute(Execute):
    """Runs a notebook as nbgrader does; Hugging Face's libraries use only what is on this machine."""

    def start_new_kernel(self, **kwargs: Any) -> None:
        """Starts the kernel, with this process's environment and the offline switch."""
        super().start_new_kernel(env={**os.environ, "HF_HUB_OFFLINE": "1"}, **kwargs)
