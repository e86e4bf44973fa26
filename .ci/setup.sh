# Sourced by ./demo and ./check: finds what they need, and installs what is missing.
#
#   need PROGRAMS...   makes sure that these programs are there, by the packages that bring them
#   need_rust          makes sure that a cargo new enough is there
#   need_namespaces    makes sure that a lab can be made, as root or as an ordinary user
#
# Nothing is installed without a word about it. Where it may not be, the one line to type is said.

PATH=$HOME/.cargo/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

say() { printf '%s\n' "$*" >&2; }

# The Debian package that brings a program.
package_of() {
  case $1 in
    ip | tc) echo iproute2 ;;
    nft) echo nftables ;;
    cc) echo gcc libc6-dev ;;
    curl) echo curl ca-certificates ;;
    setpriv | unshare) echo util-linux ;;
    *) echo "$1" ;;
  esac
}

# Runs a command as root: as we are, or by sudo where that asks no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

install_packages() {
  local line="apt-get update && apt-get install -y --no-install-recommends $*"
  if ! command -v apt-get >/dev/null; then
    say "pontoon needs the packages $* (as Debian calls them): install them, then try again."
    exit 1
  fi
  say "installing $*"
  local log
  log=$(mktemp)
  if ! as_root true; then
    say "That takes root. Type this, then try again:"
    say "  sudo sh -c '$line'"
    exit 1
  fi
  if ! as_root env DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    say "The packages could not be installed (above: why)."
    return 1
  fi
  rm -f "$log"
}

need() {
  local program missing=()
  for program in "$@"; do
    # Packages may be several words.
    # shellcheck disable=SC2207
    command -v "$program" >/dev/null || missing+=($(package_of "$program"))
  done
  [ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}" || exit 1
}

# The oldest Rust that builds this, from Cargo.toml.
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

has_rust() {
  local version
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ -n "$version" ] && rustc --version >/dev/null 2>&1 &&
    [ "$(printf '%s\n%s\n' "$(rust_wanted)" "$version" | sort -V | head -n 1)" = "$(rust_wanted)" ]
}

has_rust_tools() { cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; }

# need_rust [tools]: with "tools" also rustfmt and clippy.
need_rust() {
  local tools=${1:-}
  if has_rust && { [ -z "$tools" ] || has_rust_tools; }; then return; fi
  local packages=(cargo-web rustc-web)
  [ -z "$tools" ] || packages+=(rustfmt-web rust-web-clippy)
  # Debian 12 keeps a recent Rust under these names, for its web browsers.
  if ! command -v rustup >/dev/null && command -v apt-get >/dev/null; then
    as_root apt-get update >/dev/null 2>&1 || true
    if apt-cache show "${packages[@]}" >/dev/null 2>&1; then
      install_packages "${packages[@]}" || true
    fi
  fi
  if has_rust && { [ -z "$tools" ] || has_rust_tools; }; then return; fi
  rustup_install "$tools"
  if has_rust && { [ -z "$tools" ] || has_rust_tools; }; then return; fi
  say "pontoon needs Rust $(rust_wanted) or newer: https://rustup.rs, then try again."
  exit 1
}

# Where Debian has none: the toolchain of the Rust project, in $HOME/.cargo and $HOME/.rustup.
rustup_install() {
  local components=()
  [ -z "$1" ] || components=(--component rustfmt --component clippy)
  if ! command -v rustup >/dev/null; then
    need curl
    say "installing Rust in ~/.cargo and ~/.rustup"
    local folder
    folder=$(mktemp -d)
    local triple
    triple=$(uname -m)-unknown-linux-gnu
    case $triple in armv7l-*) triple=armv7-unknown-linux-gnueabihf ;; esac
    curl -fsS --proto '=https' -o "$folder/rustup-init" \
      "https://static.rust-lang.org/rustup/dist/$triple/rustup-init" || return 1
    chmod +x "$folder/rustup-init"
    "$folder/rustup-init" -y --quiet --no-modify-path --profile minimal "${components[@]}" >&2
    rm -r "$folder"
  else
    say "installing a newer Rust with rustup"
    rustup toolchain install stable --profile minimal "${components[@]}" >&2
  fi
}

need_namespaces() {
  [ "$(id -u)" != 0 ] || return 0
  need unshare
  unshare --user --map-root-user --net true 2>/dev/null && return
  say "This machine does not let users make network namespaces. Either use sudo, or type once:"
  if [ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ]; then
    say "  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  else
    say "  sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
  fi
  exit 1
}
