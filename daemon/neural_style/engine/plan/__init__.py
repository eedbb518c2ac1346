"""How a picture is computed with the memory and the device at hand, and what that takes."""
