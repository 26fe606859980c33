"""`course bundle`: an archive for students with selected weeks and the files that their notebooks need."""
