"""Taking the network out of the program: as a drawing, as a table, as code."""
