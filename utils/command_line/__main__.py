"""`python -m utils.command_line`, for where the script `course` is not on the path."""

from utils.command_line import main

main()
