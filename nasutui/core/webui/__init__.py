"""The client of a Stable Diffusion WebUI."""
