# What every set-up script shares: how to speak, and how to stop.
# Sourced from the root of the repository.

set -euo pipefail

# One line per step, so that a first `make demo` is not a wall.
say() { printf '· %s\n' "$*"; }

# A prerequisite that is not there: what is missing, and how to get it.
stop() {
  printf 'set-up stopped: %s\n' "$*" >&2
  exit 1
}

need() { # need COMMAND, HOW TO GET IT
  command -v "$1" >/dev/null 2>&1 || stop "$1 is missing; $2"
}

# Installs packages of Debian; NAME is the log's.
from_debian() { # from_debian NAME PACKAGE...
  local log=target/setup/apt-$1.log
  shift
  [ "$(id -u)" = 0 ] || stop "these packages are missing; as root: apt-get install $*"
  say "installing from Debian: $*"
  {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } >"$log" 2>&1 || stop "apt-get could not install them; see $log"
}
