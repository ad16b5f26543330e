"""How well a mentee and a mentor fit, part by part."""
