"""`course bundle`: an archive for students, with the weeks that are named and what their notebooks need."""
