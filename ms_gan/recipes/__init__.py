"""Every experiment: a small frozen record each, of data, networks, objective and numbers.

A kind of experiment is a class (see `base.Recipe`) whose methods name what it uses; an experiment
is an instance with its numbers. Nothing here imports MindSpore before it is needed: listing the
recipes or finding a wrong option shouldn't take the seconds of its import.
"""

from ms_gan.recipes import faces, faces_began, faces_wgan, gaussian, mnist, translation

KINDS = (faces, faces_wgan, faces_began, mnist, gaussian, translation)
RECIPES = {recipe.name: recipe for kind in KINDS for recipe in kind.RECIPES}
