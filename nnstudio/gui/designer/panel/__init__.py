"""The canvas in its panel, with all that stands around it: commands, map, zoom buttons, problems, costs."""
