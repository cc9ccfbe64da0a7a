"""The window. Qt and pyqtgraph are imported here and nowhere else."""
