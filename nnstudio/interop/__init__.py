"""Taking networks out of NN Studio: as code, and as a summary."""
