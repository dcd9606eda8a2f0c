"""Every experiment: a small frozen record each, of data, networks, objective and numbers.

A kind of experiment is a class (see `base.Recipe`) whose methods name what it uses; an experiment
is an instance with its numbers. Nothing here imports MindSpore before it is needed: listing the
recipes or finding a wrong option shouldn't take the seconds of its import.
"""

from ms_gan.recipes import faces, gaussian, mnist, translation

RECIPES = {
    recipe.name: recipe for kind in (faces, gaussian, mnist, translation) for recipe in kind.RECIPES
}
