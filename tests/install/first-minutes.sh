#!/bin/bash
# A stranger's first minutes: Debian with GIMP, an ordinary user, and nothing in any cache.
#
#   tests/install/first-minutes.sh trixie|forky
#
# Installs from this checkout, asks the doctor, paints a layer in GIMP, upgrades and uninstalls.
# Standard output is a Markdown table of how long each step took; what the steps say themselves
# goes to standard error. Downloads some 3 GB each time. The root that tests/gimp/make-root.sh made
# is not changed. Needs the superuser. Exit status: that of the first step that fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$here/../.." && pwd -P)

# step WORDS COMMAND…: run it, and add a line to the table.
step() {
    local words=$1 begin=$EPOCHREALTIME
    shift
    "$@" >&2
    printf '| %s | %.0f s |\n' "$words" "$(seconds_between "$begin" "$EPOCHREALTIME")"
}

seconds_between() { awk -v begin="$1" -v end="$2" 'BEGIN { print end - begin }'; }

# Runs in namespaces of its own, which take the overlay, and a daemon that is left, with them.
in_overlay() {
    local root=$1 scratch=$2
    mkdir "$scratch/above" "$scratch/work" "$scratch/root"
    mount -t overlay overlay "$scratch/root" \
        -o "lowerdir=$root,upperdir=$scratch/above,workdir=$scratch/work"
    "$checkout/tests/gimp/in-root.sh" "$scratch/root" -b "$checkout" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        "$here/first-minutes.sh" --as-superuser
}

as_superuser() {
    local name
    # shellcheck disable=SC1091  # it is the system's own file
    name=$(. /etc/os-release && printf '%s' "$PRETTY_NAME")
    printf '| %s, %s | |\n| --- | --- |\n' "$name" "$(python3 --version)"
    useradd --create-home stranger
    local home
    home=$(getent passwd stranger | cut -d: -f6)
    cp -r "$checkout" "$home/clone"
    chown -R stranger: "$home/clone"
    step 'apt install python3-venv' install_venv
    # pip heeds this; the root has the outer machine's certificates where there are any.
    local certificates=/etc/neural-style-host-certs.crt
    if [[ -r $certificates ]]; then export PIP_CERT=$certificates; fi
    cd "$home/clone"
    setpriv --reuid=stranger --regid=stranger --init-groups \
        env HOME="$home" USER=stranger tests/install/first-minutes.sh --as-stranger
}

install_venv() {
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install python3-venv
}

as_stranger() {
    local home=$HOME/.local/share/neural-style
    export PATH=$HOME/.local/bin:$PATH
    step './install.sh' ./install.sh
    step 'neural-style doctor' neural-style doctor
    paint "$home/sample" >"$HOME/paint.py"
    step 'first start of GIMP, and a layer in draft at 256 pixels' run_gimp "$HOME/paint.py"
    [[ -s $HOME/painted.png ]]
    step './install.sh again' ./install.sh
    step './install.sh --uninstall' ./install.sh --uninstall
    [[ ! -e $home && ! -e $HOME/.local/bin/neural-style ]]
}

run_gimp() {
    gimp-console -idf --quit --batch-interpreter=python-fu-eval -b "exec(open('$1').read())"
}

# A Python-Fu script that paints a sample picture and saves the image with its new layer.
paint() {
    cat <<PYTHON
def file(path):
    return Gio.File.new_for_path(path)
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file("$1/landscape.png"))
procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
config = procedure.create_config()
config.set_property("image", image)
config.set_core_object_array("drawables", image.get_layers())
config.set_property("style", file("$1/strokes.png"))
config.set_property("preset", "draft")
config.set_property("size", 256)
procedure.run(config)
if len(image.get_layers()) == 2:
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file("$HOME/painted.png"), None)
PYTHON
}

main() {
    local root scratch
    root=$("$checkout/tests/gimp/make-root.sh" "$1")
    scratch=$(mktemp -d -p "$(dirname "$root")" first-minutes.XXXXXX)
    # shellcheck disable=SC2064  # the folder's name is wanted as it is now
    trap "rm -rf --one-file-system '$scratch'" EXIT
    unshare --mount --propagation private --pid --fork --kill-child \
        "$here/first-minutes.sh" --in-overlay "$root" "$scratch"
}

case ${1:-} in
    trixie | forky) main "$1" ;;
    --in-overlay) in_overlay "$2" "$3" ;;
    --as-superuser) as_superuser ;;
    --as-stranger) as_stranger ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
