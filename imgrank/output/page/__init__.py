"""A Ranking as one HTML file to look at: a contact sheet in order, with a cut to drag and the command that cuts so.

Its cell, grid and enlarged view are those of the page that imgrank open serves: the modules in shared/ know neither.
Reads pictures to make thumbnails of them; computes no score and changes no picture. Whatever comes from
outside is text on the page, and the page may load nothing but pictures of this computer.
"""

from imgrank.output.page.write import check_page, write_page

__all__ = ["check_page", "write_page"]
