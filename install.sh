#!/bin/bash
# Set up Neural Style for GIMP for this user. No superuser needed. See --help.
#
# This file finds a Python and unsets the shell's Python settings. Everything else is in install/.
# On macOS it starts the two commands of docs/platforms.md instead.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

say() { printf '%s\n' "$*" >&2; }

# Exit status 0 if $1 is a Python that can make the environment.
is_suitable() {
    "$1" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# The base interpreter: not a pyenv shim, and not that of an environment that may be removed.
base_of() {
    "$1" -I -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)'
}

find_python() {
    local candidate candidates version
    if [[ -n ${NEURAL_STYLE_PYTHON:-} ]]; then
        is_suitable "$NEURAL_STYLE_PYTHON" && base_of "$NEURAL_STYLE_PYTHON"
        return
    fi
    candidates=(/usr/bin/python3 python3 python3.{13,12,11,10,14})
    if [[ -r $here/wheels/made-for ]]; then   # a bundle has packages for one version
        read -r version _ <"$here/wheels/made-for"
        candidates=("python$version" "${candidates[@]}")
    fi
    for candidate in "${candidates[@]}"; do
        if command -v "$candidate" >/dev/null && is_suitable "$candidate"; then
            base_of "$candidate"
            return
        fi
    done
    return 1
}

how_to_get_python() {
    local ID='' ID_LIKE=''
    # shellcheck disable=SC1091  # it is the system's own file
    if [[ -r /etc/os-release ]]; then . /etc/os-release; fi
    case " $ID $ID_LIKE " in
        *' debian '* | *' ubuntu '*) say "  sudo apt install python3 python3-venv" ;;
        *' fedora '* | *' rhel '*) say "  sudo dnf install python3" ;;
        *' arch '*) say "  sudo pacman -S python" ;;
        *' suse '* | *' opensuse '*) say "  sudo zypper install python3" ;;
        *) say "  Install the packages of your distribution for Python 3 and its venv module." ;;
    esac
}

unset_python_settings() {
    unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE PYTHONWARNINGS PYTHONOPTIMIZE
    unset VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV LD_LIBRARY_PATH LD_PRELOAD GI_TYPELIB_PATH
    unset PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV   # they redirect pip
    export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1    # proxies, certificates, indexes stay
}

# uv makes the environment, and the program's own command does the rest.
set_up_on_macos() {
    local command
    if ! command -v uv >/dev/null; then
        say "uv is needed on macOS, and was not found. Get it with: brew install uv"
        say "Then run $0 again."
        exit 1
    fi
    command=$(uv tool dir --bin)/neural-style
    case ${1:-} in
        '') uv tool install --force --python 3.13 "$here" && "$command" setup ;;
        --uninstall) "$command" setup --uninstall && uv tool uninstall neural-style-gimp ;;
        *) say "On macOS there is only --uninstall. See docs/platforms.md."; exit 2 ;;
    esac
}

main() {
    local python
    unset_python_settings
    if [[ $(uname -s) == Darwin ]]; then
        set_up_on_macos "$@"
        exit
    fi
    if ! python=$(find_python); then
        if [[ -n ${NEURAL_STYLE_PYTHON:-} ]]; then
            say "NEURAL_STYLE_PYTHON=$NEURAL_STYLE_PYTHON is not a Python 3.10 or newer with venv."
        else
            say "Python 3.10 or newer with its venv module is needed, and none was found. Get it with:"
            how_to_get_python
        fi
        say "Then run $0 again. (NEURAL_STYLE_PYTHON=/path/to/python3 names another one.)"
        exit 1
    fi
    exec "$python" -I -B "$here/install" "$@"
}

main "$@"
