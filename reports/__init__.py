"""The read side: heatmap, stores and numbers for headquarters."""
