"""Tests of the pictures: their content, their descriptions in words, their errors for wrong shapes."""
