"""A trained generator in the browser: a local page, served by the standard library alone.

`python -m ms_gan.play`. studio.py makes pixels of what is asked for, asked.py reads what the page
asks for, server.py has the routes and their limits. The page is page.html, page.css and page.js,
with images.js for images from latent vectors and translations.js for the others.
"""

from ms_gan.play.command import main

__all__ = ["main"]
