"""Making up cohorts, and writing them as people really export their sheets."""
