"""`python -m utils.command_line`, for use where the script `course` is not on PATH."""

from utils.command_line import main

main()
