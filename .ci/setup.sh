# shellcheck shell=bash
# Sourced by ./demo, ./check and tests/kubernetes/build: finds what they need, and installs what is missing.
#
#   set_up RUST PROGRAMS...   makes sure of these programs, and of a Rust that is new enough;
#                             RUST is "compiler", or "tools" for rustfmt and clippy as well
#   need_namespaces           makes sure that a lab can be made, as root or as an ordinary user
#
# Nothing is installed without a word about it. Where it may not be, the one line to type is said.

PATH=${HOME:-/root}/.cargo/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

say() { printf '%s\n' "$*" >&2; }

set_up() {
  local rust=$1 program packages=()
  shift
  for program in "$@"; do
    # A program may come with several packages.
    # shellcheck disable=SC2207
    has "$program" || packages+=($(package_of "$program"))
  done
  # shellcheck disable=SC2207
  has_rust "$rust" || packages+=($(rust_packages "$rust"))
  [ ${#packages[@]} = 0 ] || install_packages "${packages[@]}"
  has_rust "$rust" || install_by_rustup "$rust" || true
  if ! has_rust "$rust"; then
    say "pontoon needs Rust $(rust_wanted) or newer: see https://rustup.rs, then try again."
    exit 1
  fi
}

has() { command -v "$1" >/dev/null; }

# The Debian packages that bring a program.
package_of() {
  case $1 in
    ip) echo iproute2 ;;
    nft) echo nftables ;;
    iptables-nft) echo iptables ;;
    cc) echo gcc libc6-dev ;;
    c++) echo g++ ;;
    curl) echo curl ca-certificates ;;
    sshd) echo openssh-server openssh-client ;;
    pip3) echo python3-pip ca-certificates ;;
    setpriv | unshare | flock) echo util-linux ;;
    busybox) echo busybox-static ;;
    qemu-system-x86_64) echo qemu-system-x86 ;;
    dpkg-deb) echo dpkg ;;
    *) echo "$1" ;;
  esac
}

# The oldest Rust that builds this.
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

has_rust() {
  local version oldest
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2)
  [ -n "$version" ] && rustc --version >/dev/null 2>&1 || return
  oldest=$(printf '%s\n%s\n' "$(rust_wanted)" "$version" | sort -V | head -n 1)
  [ "$oldest" = "$(rust_wanted)" ] || return
  [ "$1" != tools ] || { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1
}

# Debian 12 keeps a recent Rust under these names, for its web browsers.
rust_packages() {
  local packages=(cargo-web rustc-web)
  [ "$1" != tools ] || packages+=(rustfmt-web rust-web-clippy)
  if has rustup || ! has apt-get; then return; fi
  as_root apt-get update >/dev/null 2>&1 || true
  if apt-cache show "${packages[@]}" >/dev/null 2>&1; then echo "${packages[@]}"; fi
}

# Runs a command as root: as we are, or by sudo where that asks no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    has sudo && sudo -n true 2>/dev/null && sudo -n "$@"
  fi
}

install_packages() {
  local line="apt-get update && apt-get install -y --no-install-recommends $*" log
  if ! has apt-get; then
    say "pontoon needs the packages $* (as Debian calls them): install them, then try again."
    exit 1
  fi
  if ! as_root true; then
    say "This takes root. Type it, then try again:"
    say "  sudo sh -c '$line'"
    exit 1
  fi
  say "installing $*"
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    say "The packages could not be installed; above is why."
    exit 1
  fi
  rm -f "$log"
}

# Where Debian has none: the toolchain of the Rust project, in ~/.cargo and ~/.rustup.
install_by_rustup() {
  local components=() folder triple
  [ "$1" != tools ] || components=(--component rustfmt --component clippy)
  if has rustup; then
    say "installing a newer Rust with rustup"
    rustup toolchain install stable --profile minimal "${components[@]}" >&2
    return
  fi
  has curl || install_packages curl ca-certificates
  say "installing Rust in ~/.cargo and ~/.rustup"
  case $(uname -m) in
    armv7l) triple=armv7-unknown-linux-gnueabihf ;;
    *) triple=$(uname -m)-unknown-linux-gnu ;;
  esac
  folder=$(mktemp -d)
  curl -fsS --connect-timeout 20 --proto '=https' -o "$folder/rustup-init" \
    "https://static.rust-lang.org/rustup/dist/$triple/rustup-init" &&
    chmod +x "$folder/rustup-init" &&
    "$folder/rustup-init" -y --quiet --no-modify-path --profile minimal "${components[@]}" >&2
  rm -r "$folder"
}

need_namespaces() {
  [ "$(id -u)" != 0 ] || return 0
  ! unshare --user --map-root-user --net true 2>/dev/null || return 0
  say "This machine does not let users make network namespaces. Either use sudo, or type once:"
  if [ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ]; then
    say "  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  elif [ -e /proc/sys/kernel/unprivileged_userns_clone ]; then
    say "  sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
  else
    say "  sudo sysctl -w user.max_user_namespaces=10000"
  fi
  exit 1
}
