#!/bin/bash
# Make a Debian root that holds a real GIMP 3 for the tests, or wine, and print its path.
#
#   tests/gimp/make-root.sh trixie|forky|wine [FOLDER]
#
# trixie has GIMP 3.0, forky has GIMP 3.2; wine is Debian trixie's. Without FOLDER the root lies in
# ${NEURAL_STYLE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/neural-style-tests}, as gimp-<suite> or
# wine-trixie.
# A finished root is used again; one that was interrupted, or made from another list of packages,
# is made anew. The mirror is the one in this machine's own apt configuration;
# NEURAL_STYLE_DEBIAN_MIRROR names another. Messages go to standard error, the path to standard
# output. Exit status: 0 made or found, 1 could not be made, 2 wrong use, 3 not allowed here.
set -euo pipefail

GIMP_PACKAGES=(
    gimp gir1.2-gimp-3.0 python3-gi gir1.2-gtk-3.0 librsvg2-common adwaita-icon-theme
    xvfb xdotool imagemagick fonts-dejavu-core ca-certificates locales
)
WINE_PACKAGES=(wine wine64 gcc-mingw-w64-x86-64-win32 ca-certificates)
STAMP=.neural-style-root

say() { printf 'make-root: %s\n' "$*" >&2; }
fail() { local status=$1; shift; say "$*"; exit "$status"; }

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }

cache_folder() {
    printf '%s' "${NEURAL_STYLE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/neural-style-tests}"
}

# What a root is made from: the stamp of a finished one holds it, so a changed list is noticed.
recipe() { printf '%s\n' "$1"; packages_of "$1"; }

# A root is called by its kind: the name of its suite, or wine.
packages_of() {
    local gimp=("${GIMP_PACKAGES[@]}") wine=("${WINE_PACKAGES[@]}")
    if [[ $1 == wine ]]; then printf '%s\n' "${wine[@]}"; else printf '%s\n' "${gimp[@]}"; fi
}
suite_of() { if [[ $1 == wine ]]; then printf trixie; else printf '%s' "$1"; fi; }
name_of() { if [[ $1 == wine ]]; then printf wine-trixie; else printf 'gimp-%s' "$1"; fi; }

is_finished() {
    local root=$1 kind=$2
    [[ -f $root/$STAMP ]] && cmp -s <(recipe "$kind") "$root/$STAMP"
}

# Debian's own mirror as this machine's apt knows it: the first whose archive is not "security".
mirror() {
    if [[ -n ${NEURAL_STYLE_DEBIAN_MIRROR:-} ]]; then
        printf '%s' "$NEURAL_STYLE_DEBIAN_MIRROR"
        return
    fi
    local found lists
    found=$(first_debian_archive)
    if [[ -z $found ]]; then   # apt has never fetched its lists here
        lists=$(mktemp -d)
        chmod 755 "$lists"
        apt-get -qq -o Dir::State::lists="$lists" update >&2 || true
        found=$(first_debian_archive -o Dir::State::lists="$lists")
        rm -rf "$lists"
    fi
    printf '%s' "$found"
}

first_debian_archive() {
    # shellcheck disable=SC2016  # $(…) here is apt's own notation
    apt-get "$@" indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
        awk '$2 == "Debian" && $1 !~ /security/ && !found { print $1; found = 1 }'
}

# The way out that this machine's apt uses (proxies, certificates, clock checks), for the root's apt.
host_apt_settings() {
    apt-config dump |
        grep -E '^Acquire::(Check-|Retries|http|https|ForceIPv)' | grep -v '""' || true
}

check_tools() {
    local tool
    for tool in unshare chroot flock apt-get; do
        command -v "$tool" >/dev/null ||
            fail 3 "'$tool' is missing. Install it (on Debian: apt-get install util-linux apt)."
    done
}

# Where this machine has no debootstrap, unpack one beside the root; nothing is installed.
fetch_debootstrap() {
    local folder=$1 lists
    say "fetching debootstrap, which this machine lacks…"
    lists=$(mktemp -d)
    chmod 755 "$lists"
    rm -rf "$folder"
    mkdir -p "$folder"
    apt-get -qq -o Dir::State::lists="$lists" update >&2
    (cd "$folder" && apt-get -qq -o Dir::State::lists="$lists" \
        -o APT::Sandbox::User=root download debootstrap >&2)
    rm -rf "$lists"
    dpkg-deb --extract "$folder"/debootstrap_*.deb "$folder"
}

bootstrap() {
    local suite=$1 root=$2 from=$3 script unpacked=$2.debootstrap
    if ! command -v debootstrap >/dev/null; then
        fetch_debootstrap "$unpacked" || fail 1 "debootstrap is missing, and apt could not fetch it."
        export DEBOOTSTRAP_DIR=$unpacked/usr/share/debootstrap PATH=$unpacked/usr/sbin:$PATH
    fi
    # Older debootstraps do not know the suite's name yet; the script for unstable serves them all.
    script=${DEBOOTSTRAP_DIR:-/usr/share/debootstrap}/scripts/$suite
    [[ -e $script ]] || script=${script%/*}/sid
    say "downloading Debian $suite (about a minute)…"
    debootstrap --variant=minbase "$suite" "$root" "$from" "$script"
    rm -rf "$unpacked"
}

configure() {
    local suite=$1 root=$2 from=$3
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    cat >"$root/etc/dpkg/dpkg.cfg.d/small" <<'DPKG'
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
path-include=/usr/share/locale/fr/*
DPKG
    printf 'deb %s %s main\n' "$from" "$suite" >"$root/etc/apt/sources.list"
    {
        host_apt_settings
        printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n'
    } >"$root/etc/apt/apt.conf.d/99neural-style"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    if [[ -d /etc/apt/auth.conf.d ]]; then cp -a /etc/apt/auth.conf.d "$root/etc/apt/"; fi
    if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
        install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/neural-style-host-certs.crt"
        printf 'Acquire::https::CAInfo "/etc/neural-style-host-certs.crt";\n' \
            >>"$root/etc/apt/apt.conf.d/99neural-style"
    fi
}

install_packages() {
    local kind=$1 root=$2 packages
    mapfile -t packages < <(packages_of "$kind")
    say "installing ${packages[0]} and what the tests use it with (about a minute)…"
    mount -t proc proc "$root/proc"
    mount --bind /sys "$root/sys"
    local inside=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
        DEBIAN_FRONTEND=noninteractive chroot "$root")
    "${inside[@]}" apt-get update -q
    "${inside[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}"
    if [[ $kind != wine ]]; then "${inside[@]}" localedef -i fr_FR -f UTF-8 fr_FR.UTF-8; fi
    "${inside[@]}" apt-get clean
    rm -rf "$root"/var/lib/apt/lists/*
    umount "$root/sys" "$root/proc"
}

# Runs in a mount namespace of its own, so an interrupted build leaves no mounts behind.
build() {
    local kind=$1 root=$2 suite from
    suite=$(suite_of "$kind")
    from=$(mirror)
    [[ -n $from ]] ||
        fail 1 "no Debian mirror in this machine's apt configuration. Set NEURAL_STYLE_DEBIAN_MIRROR."
    rm -rf --one-file-system "$root.partial"
    mkdir -p "$root.partial"
    bootstrap "$suite" "$root.partial" "$from"
    configure "$suite" "$root.partial" "$from"
    install_packages "$kind" "$root.partial"
    recipe "$kind" >"$root.partial/$STAMP"
    rm -rf --one-file-system "$root"
    mv "$root.partial" "$root"
}

main() {
    [[ $# -ge 1 && $# -le 2 ]] || usage
    local kind=$1
    [[ $kind == trixie || $kind == forky || $kind == wine ]] || usage
    local root=${2:-$(cache_folder)/$(name_of "$kind")}
    if is_finished "$root" "$kind"; then
        printf '%s\n' "$root"
        return
    fi
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2>/dev/null ||
            fail 3 "making a root needs the superuser (it uses chroot and mounts). Run: sudo $0 $kind $root"
        exec sudo NEURAL_STYLE_DEBIAN_MIRROR="${NEURAL_STYLE_DEBIAN_MIRROR:-}" "$0" "$kind" "$root"
    fi
    check_tools
    mkdir -p "$(dirname "$root")"
    exec 9>"$root.lock"
    flock -n 9 || { say "another run is making $root; waiting for it…"; flock 9; }
    if ! is_finished "$root" "$kind"; then
        local log=$root.log
        say "making the root $kind in $root; the log is $log"
        : >"$log"
        # shellcheck disable=SC2094  # the log is appended to from both sides, and read at the end
        unshare --mount --propagation private "$0" --build "$kind" "$root" \
            >>"$log" 2> >(tee -a "$log" | grep --line-buffered '^make-root:' >&2) ||
            fail 1 "could not make the root; the last lines of $log:"$'\n'"$(tail -n 15 "$log")"
    fi
    printf '%s\n' "$root"
}

if [[ ${1:-} == --build ]]; then   # main's own call, already in its mount namespace
    build "$2" "$3"
else
    main "$@"
fi
