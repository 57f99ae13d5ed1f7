"""What an error reporter would see."""

import traceback


def shown_frames(error):
    """All that an error reporter would send: texts, causes, and the variables of our and all other frames
    behind the test's own."""
    parts = []
    while error is not None:
        parts.append("".join(traceback.format_exception(error)))
        parts.append(repr(vars(error)))
        for frame, _line in list(traceback.walk_tb(error.__traceback__))[1:]:
            parts.append(repr(frame.f_locals))
        error = error.__cause__ or error.__context__
    return "\n".join(parts)
