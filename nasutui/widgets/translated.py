"""Key descriptions and help in the interface's language.

Bindings are class attributes, made at import; their English descriptions are marked with N_ and
turned into the language in use when a widget is made.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from nasutui.core.i18n import _


class Translated:
    """Mixin, first among the bases of an App, Screen or Widget with BINDINGS or HELP.

    No DOMNode itself: Textual looks for inherited CSS behind the first base that is one.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        node: Any = self
        # New lists: those that are there belong to the class.
        for key, bindings in list(node._bindings.key_to_bindings.items()):
            node._bindings.key_to_bindings[key] = [
                dataclasses.replace(
                    binding,
                    description=_(binding.description) if binding.description else "",
                    tooltip=_(binding.tooltip) if binding.tooltip else "",
                )
                for binding in bindings
            ]
        help_text = getattr(type(self), "HELP", None)
        if help_text:
            node.HELP = _(help_text)
