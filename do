#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The one entry point: installs what is missing, builds, tests, shows.
#
# Usage: ./do TARGET [ARGUMENT...]
#   build                 the release binary, at build/aiop
#   demo                  builds, then runs the main job on real input (state in build/demo-home)
#   test [CTEST-OPTION...]  checks that take seconds, then every test; e.g. ./do test -R base_json
#   soak [MINUTES]        the long tests: killers, simulation, fuzzing, leak hunts (default 10)
#   bench [NAME...] [-FLAG...]  the benchmarks, or those named; flags go to them: ./do bench demo_bench --attempts 3
#   fuzz [SECONDS]        every fuzzer for that long (default 60)
#   check [--all]         layers, format, documentation, self-contained headers, clang-tidy of what changed (--all: of
#                         everything)
#   format                rewrites the C++ files as clang-format wants them
#   install               installs the release build under $DESTDIR$PREFIX (PREFIX is /usr/local unless set)
#   setup                 installs the packages a build and the tests need; nothing else
#   clean                 removes build/
#   help                  this text
#
# Environment: JOBS (parallel jobs, default: all cores), AIOP_SKIP_SETUP=1 (install nothing, trust what is there).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly root=$PWD
readonly jobs=${JOBS:-$(nproc)}

# ccache: the same source in another folder (a fresh clone) must hit, and line tables must not spoil it.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime
export NINJA_STATUS='[%f/%t %es] '

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'; else bold='' red='' plain=''; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }
die() { phase_now='' && printf '%sdo: %s%s\n' "$red" "$*" "$plain" >&2 && exit "${die_code:-1}"; }

# phase NAME COMMAND...: runs the command, then prints how long it took. The name of a failed phase is printed at exit.
phase_now='' phase_start=0
phase() {
  phase_now=$1 phase_start=$SECONDS
  shift
  "$@"
  say "$phase_now: $((SECONDS - phase_start)) s"
  phase_now=''
}
at_exit() {
  local status=$?
  [[ $status == 0 || -z $phase_now ]] ||
    printf '%sdo: %s failed after %s s; the first error above is the cause%s\n' \
      "$red" "$phase_now" "$((SECONDS - phase_start))" "$plain" >&2
}
trap at_exit EXIT

# --- setup ---------------------------------------------------------------------------------------------------------

# Sets `packages`. Debian 12 is what this is tested on; the other two are written for and untested.
choose_packages() {
  local system boost
  [[ -r /etc/os-release ]] || unsupported "a system without /etc/os-release"
  system=$(. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-}")
  case $system in
    'debian 12') boost=1.81 ;;
    'debian 13') boost=1.83 ;;     # untested
    'ubuntu 24.04') boost=1.83 ;;  # untested
    *) unsupported "$system" ;;
  esac
  packages=(
    clang-19 lld-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev ccache ninja-build cmake pkg-config
    git python3 ca-certificates procps bubblewrap
    "libboost$boost-dev" "libboost-json$boost-dev" libsqlite3-dev sqlite3 libgit2-dev libyaml-cpp-dev libcli11-dev
    libspdlog-dev libfmt-dev libre2-dev libpugixml-dev libssl-dev libcurl4-openssl-dev libkainjow-mustache-dev
    libzstd-dev libgtest-dev libgmock-dev libbenchmark-dev
  )
  # A Node from elsewhere (NodeSource, nvm) serves as well, and conflicts with Debian's package.
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
}
unsupported() {
  die_code=4 die "$1 is not supported: Debian 12 is (Debian 13 and Ubuntu 24.04 are written for, untested).
    Remedy: use a Debian 12 machine, container or chroot (tools/debian_root.sh makes one); or install by hand what
    choose_packages in ./do names, then run with AIOP_SKIP_SETUP=1."
}

# Installs the packages that are missing, and is silent, quick and offline when none is.
setup() {
  [[ -z ${AIOP_SKIP_SETUP:-} ]] || return 0
  local -a packages missing
  choose_packages
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort))
  [[ ${#missing[@]} == 0 ]] || phase setup install_packages "${missing[@]}"
}
install_packages() {
  local -a as_root=()
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; } ||
      { die_code=4 die "packages are missing and neither root nor sudo is at hand. Remedy, as root:
    apt-get update && apt-get install --no-install-recommends $*"; }
    as_root=(sudo)
  fi
  say "installing: $*"
  local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  mkdir -p build
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; } >build/setup.log 2>&1; then
    tail -n 30 build/setup.log >&2
    die_code=4 die "apt-get could not install: $*
    Remedy: see build/setup.log; check the network and /etc/apt, then run this again."
  fi
}

# Node 22 first on PATH, from npm's package `node`, for parts that Debian 12's Node 18 cannot run.
need_node22() {
  local folder=$root/build/node22
  if ! [[ $(node --version 2>/dev/null) =~ ^v(2[2-9]|[3-9][0-9]) ]]; then
    if [[ ! -x $folder/node_modules/node/bin/node ]]; then
      mkdir -p "$folder"
      phase node22 npm install --prefix "$folder" --no-audit --no-fund --no-save --loglevel=error node@22 >&2
    fi
    export PATH=$folder/node_modules/node/bin:$PATH
  fi
}

# --- building ------------------------------------------------------------------------------------------------------

# configure PRESET [-DOPTION...]: only if that was not done with the same options before; ninja sees to the rest.
configure() {
  local preset=$1 folder=build/$1
  if [[ ! -f $folder/build.ninja || $(cat "$folder/configured-with" 2>/dev/null) != "$*" ]]; then
    mkdir -p "$folder"
    rm -f "$folder/configured-with"
    if ! cmake --preset "$@" >"$folder/configure.log" 2>&1; then
      cat "$folder/configure.log" >&2
      die "cmake could not configure $folder. Remedy: if the checkout was moved, ./do clean; if a package is missing, ./do setup"
    fi
    echo "$*" >"$folder/configured-with"
  fi
}
compile() { ninja -C "build/$1" -j "$jobs" "${@:2}" >&2; }

build_release() {
  phase configure configure release "-DAIOP_BENCH=${1:-OFF}"
  phase build compile release aiop "${@:2}"  # not the tests: they are built in build/dev
  local binary
  binary=$(find build/release -name CMakeFiles -prune -o -type f -name aiop -perm -u+x -print -quit)
  [[ -n $binary ]] || die "the build left no program named aiop in build/release. Remedy: ./do clean, then again"
  ln -sfn "${binary#build/}" build/aiop
}
build_dev() {
  phase configure configure dev -DAIOP_WERROR=ON
  phase build compile dev
}

# run_ctest PRESET [CTEST-OPTION...]: the last line printed is `N passed, N failed[, N skipped]`.
run_ctest() {
  local log=build/$1/ctest.log status=0 passed=0 failed=0 skipped total
  ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j "$jobs" "${@:2}" 2>&1 | tee "$log" || status=$?
  # "97% tests passed, 2 tests failed out of 60"; ctest counts the skipped ones as passed, this does not.
  if [[ $(grep -E 'tests? failed out of' "$log" | tail -n 1) =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
    failed=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
    skipped=$(grep -cE 'Test +#[0-9]+:.*\*\*\*Skipped' "$log" || true)
    passed=$((total - failed - skipped))
  elif [[ $status == 0 ]]; then
    status=1  # nothing ran
  fi
  say "tests: $((SECONDS - phase_start)) s"
  printf '%d passed, %d failed%s\n' "$passed" "$failed" "$([[ ${skipped:-0} == 0 ]] || echo ", $skipped skipped")"
  phase_now=''
  return "$status"
}
tests() {
  phase_now=tests phase_start=$SECONDS
  run_ctest "$@"
}

# --- checks --------------------------------------------------------------------------------------------------------

cpp_files() { find src tests fuzz bench \( -name '*.cc' -o -name '*.h' \) -print0 2>/dev/null || true; }
check_format() {
  cpp_files | xargs -0 -r -n 32 -P "$jobs" clang-format-19 --dry-run -Werror ||
    die "some files are not formatted. Remedy: ./do format"
}
quick_checks() {
  phase layers python3 tools/check_layers.py
  phase format check_format
}

# tidy_files [--all]: the sources to lint: those changed since the commit before the last (a changed header stands for
# the sources beside it), or all.
tidy_files() {
  if [[ ${1:-} != --all ]] && git rev-parse -q --verify HEAD~1 >/dev/null; then
    { git diff --name-only --diff-filter=d HEAD~1 -- src && git ls-files -o --exclude-standard -- src; } |
      while read -r file; do
        case $file in
          *.cc) echo "$file" ;;
          *.h) find "$(dirname "$file")" -maxdepth 1 -name '*.cc' ;;
        esac
      done | sort -u
  else
    find src -name '*.cc' | sort
  fi
}
check_tidy() {
  tidy_files "$@" | tr '\n' '\0' |
    xargs -0 -r -n 1 -P "$jobs" clang-tidy-19 --quiet -p build/dev 2> >(grep -vE 'warnings? generated|^$' >&2) >&2 ||
    die "clang-tidy found the above. Remedy: change the code; a check that is wrong here goes, with a reason, into .clang-tidy"
}

# --- targets -------------------------------------------------------------------------------------------------------

target_build() { setup && build_release && say "built: build/aiop"; }

target_demo() {
  [[ -x examples/openapi-client/demo.sh ]] || die "demo: this checkout has no examples/openapi-client/demo.sh"
  setup
  build_release
  AIOP=$root/build/aiop DEMO_HOME=${DEMO_HOME:-$root/build/demo-home} exec examples/openapi-client/demo.sh "$@"
}

target_test() {
  setup
  quick_checks
  build_dev
  tests dev -LE soak "$@"
}

target_soak() {
  local minutes=${1:-10}
  [[ $minutes =~ ^[1-9][0-9]*$ ]] || { die_code=2 die "soak: MINUTES is a whole number above 0, not \"$minutes\""; }
  setup
  build_dev
  export AIOP_SOAK_MINUTES=$minutes
  tests dev -L soak
  local -a fuzzers=(fuzz/*_fuzz.cc)
  [[ ! -f fuzz/CMakeLists.txt ]] || target_fuzz "$((1 + minutes * 60 / ${#fuzzers[@]}))"
}

target_fuzz() {
  local seconds=${1:-60}
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || { die_code=2 die "fuzz: SECONDS is a whole number above 0, not \"$seconds\""; }
  [[ -f fuzz/CMakeLists.txt ]] || die "fuzz: this checkout has no fuzzers (fuzz/CMakeLists.txt)"
  setup
  phase configure configure fuzz
  phase build compile fuzz
  export AIOP_FUZZ_SECONDS=$seconds
  tests fuzz -L fuzz
}

target_bench() {
  [[ -f bench/CMakeLists.txt ]] || die "bench: this checkout has no benchmarks (bench/CMakeLists.txt)"
  setup
  build_release ON bench/all
  local program name names='' ran=0
  while [[ $# != 0 && $1 != -* ]]; do names+=" $1" && shift; done
  for program in $(find build/release/bench -name CMakeFiles -prune -o -type f -perm -u+x -print | sort) bench/*_bench.sh; do
    name=$(basename "$program" .sh)
    [[ -z $names || "$names " == *" $name "* ]] || continue
    AIOP=$root/build/aiop phase "$name" "$program" "$@"
    ran=$((ran + 1))
  done
  [[ $ran != 0 ]] || die "bench: no program${names:+ named$names}"
}

target_check() {
  [[ $# == 0 || $* == --all ]] || { die_code=2 die "check takes --all or nothing, not \"$*\""; }
  setup
  quick_checks
  phase layers-test python3 tools/check_layers_test.py
  phase docs python3 tools/check_docs.py
  phase docs-test python3 tools/check_docs_test.py
  phase headers python3 tools/check_headers.py --jobs "$jobs"
  phase configure configure dev -DAIOP_WERROR=ON
  phase tidy check_tidy "$@"
  say 'all checks passed'
}

target_format() { setup && cpp_files | xargs -0 -r clang-format-19 -i; }

target_install() {
  setup
  build_release
  phase install cmake --install build/release --prefix "${PREFIX:-/usr/local}" >&2
}

target_setup() { setup && say "all packages are there"; }
target_clean() { rm -rf build; }
target_help() { sed -n '/^# Usage/,/^[^#]/s/^# \{0,1\}//p' do; }

target=${1:-help}
[[ $# == 0 ]] || shift
case $target in
  -h | --help) target=help ;;
  *) declare -F "target_$target" >/dev/null || { target_help >&2 && die_code=2 die "no target \"$target\""; } ;;
esac
"target_$target" "$@"
