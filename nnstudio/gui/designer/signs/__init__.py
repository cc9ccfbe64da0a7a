"""What stands for a layer wherever it is shown: its sign, its words, its formula, its picture."""
