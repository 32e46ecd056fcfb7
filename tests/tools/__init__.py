"""Scripts for those who change the project; the pipeline and the tests call them too."""
