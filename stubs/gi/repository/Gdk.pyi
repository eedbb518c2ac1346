import enum

from gi.repository import GObject

KEY_Down: int
KEY_End: int
KEY_Home: int
KEY_KP_Add: int
KEY_KP_Enter: int
KEY_KP_Subtract: int
KEY_Left: int
KEY_Page_Down: int
KEY_Page_Up: int
KEY_Return: int
KEY_Right: int
KEY_Up: int
KEY_minus: int
KEY_plus: int
KEY_space: int

class Atom: ...

SELECTION_CLIPBOARD: Atom

class DragAction(enum.IntFlag):
    COPY = ...

class EventMask(enum.IntFlag):
    BUTTON1_MOTION_MASK = ...
    BUTTON_PRESS_MASK = ...
    BUTTON_RELEASE_MASK = ...
    SCROLL_MASK = ...

class EventType(enum.IntEnum):
    BUTTON_PRESS = ...

class ModifierType(enum.IntFlag):
    CONTROL_MASK = ...

class ScrollDirection(enum.IntEnum):
    UP = ...
    DOWN = ...
    LEFT = ...
    RIGHT = ...
    SMOOTH = ...

class EventButton:
    type: EventType
    x: float
    y: float
    button: int
    state: ModifierType

class EventMotion:
    type: EventType
    x: float
    y: float

class EventScroll:
    type: EventType
    x: float
    y: float
    delta_x: float
    delta_y: float
    direction: ScrollDirection

class EventKey:
    type: EventType
    keyval: int
    state: ModifierType

class Rectangle:
    x: int
    y: int
    width: int
    height: int

class Window(GObject.Object): ...
class DragContext(GObject.Object): ...

class Monitor(GObject.Object):
    def get_workarea(self) -> Rectangle: ...

class Display(GObject.Object):
    @staticmethod
    def get_default() -> Display | None: ...
    def get_monitor(self, number: int) -> Monitor | None: ...
    def get_monitor_at_window(self, window: Window) -> Monitor | None: ...
    def get_primary_monitor(self) -> Monitor | None: ...

def keyval_to_unicode(keyval: int) -> int: ...
