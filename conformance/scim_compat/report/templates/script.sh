# --- what the requests below are sent with -----------------------------------------------------------

umask 077
export LC_ALL=C
work=$(mktemp -d) || exit 2
: > "$work/made"
count=0 differ=0 made_id=
SCIM_URL=${SCIM_URL%/}
case $TAG in
  '' | *[!A-Za-z0-9]*) printf 'TAG takes letters and digits only.\n' >&2; rm -rf "$work"; exit 2 ;;
esac

# Strings of the JSON text on standard input, one a line: JSON Pointer, tab, the string as it is written.
flat() {
  awk '
    { text = text $0 "\n" }
    function put(word,   i, part, path) {
      for (i = 1; i <= depth; i++) {
        part = name[i]
        gsub(/~/, "~0", part)
        gsub(/\//, "~1", part)
        path = path "/" part
      }
      gsub(/[\t\n]/, " ", word)
      print path "\t" word
    }
    END {
      size = length(text)
      for (i = 1; i <= size; i++) {
        c = substr(text, i, 1)
        if (c == "\"") {
          from = ++i
          while (i <= size && (c = substr(text, i, 1)) != "\"") i += (c == "\\") ? 2 : 1
          word = substr(text, from, i - from)
          if (kind[depth] == "{" && !behind[depth]) name[depth] = word
          else put(word)
        }
        else if (c == "{" || c == "[") {
          kind[++depth] = c
          behind[depth] = 0
          name[depth] = (c == "[") ? 0 : ""
        }
        else if (c == "}" || c == "]") depth--
        else if (c == ":") behind[depth] = 1
        else if (c == "," && kind[depth] == "[") name[depth]++
        else if (c == ",") behind[depth] = 0
      }
    }'
}

# The string at a JSON Pointer of the last answer, as it is written in JSON.
pick() {
  flat < "$work/answer" | WANT=$1 awk '
    BEGIN { want = ENVIRON["WANT"] "\t" }
    substr($0, 1, length(want)) == want { print substr($0, length(want) + 1); exit }'
}

# A header of the last answer.
header() {
  tr -d '\r' < "$work/head" | WANT=$1 awk '
    tolower(substr($0, 1, length(ENVIRON["WANT"]) + 1)) == tolower(ENVIRON["WANT"] ":") {
      sub(/^[^:]*:[ \t]*/, ""); print; exit
    }'
}

# The last segment of an address.
last() { printf '%s\n' "$1" | sed 's,[?#].*$,,; s,/*$,,; s,.*/,,'; }

# The id of a new resource: from the body of the answer, else from its Location.
new_id() {
  found=$(pick /id)
  [ -n "$found" ] || found=$(last "$(header Location)")
  printf '%s\n' "$found"
}

# The same where the run sent equal creations at the same time: another one of them may have succeeded here.
equal_id() {
  found=$(new_id)
  printf '%s\n' "${found:-$made_id}"
}

# A string of JSON without its escapes; percent-encoded for a URL if the second argument is url.
decoded() {
  printf '%s' "$1" | FORM=${2-} awk '
    BEGIN { for (i = 1; i < 256; i++) number[sprintf("%c", i)] = i }
    { text = text (NR > 1 ? "\n" : "") $0 }
    function put(c) {
      if (ENVIRON["FORM"] != "url" || c ~ /^[A-Za-z0-9._~-]$/) printf "%s", c
      else printf "%%%02X", number[c]
    }
    function digits(hex,   i, sum) {
      for (i = 1; i <= 4; i++) sum = sum * 16 + index("0123456789abcdef", tolower(substr(hex, i, 1))) - 1
      return sum
    }
    function point(code) {
      if (code < 128) put(sprintf("%c", code))
      else if (code < 2048) { put(sprintf("%c", 192 + int(code / 64))); put(sprintf("%c", 128 + code % 64)) }
      else {
        if (code < 65536) put(sprintf("%c", 224 + int(code / 4096)))
        else { put(sprintf("%c", 240 + int(code / 262144))); put(sprintf("%c", 128 + int(code / 4096) % 64)) }
        put(sprintf("%c", 128 + int(code / 64) % 64)); put(sprintf("%c", 128 + code % 64))
      }
    }
    END {
      size = length(text)
      for (i = 1; i <= size; i++) {
        c = substr(text, i, 1)
        if (c == "\\") {
          c = substr(text, ++i, 1)
          if (c == "u") {
            code = digits(substr(text, i + 1, 4)); i += 4
            if (code >= 55296 && code < 56320 && substr(text, i + 1, 2) == "\\u") {
              code = 65536 + (code - 55296) * 1024 + digits(substr(text, i + 3, 4)) - 56320; i += 6
            }
            point(code)
            continue
          }
          c = (c == "n") ? "\n" : (c == "t") ? "\t" : (c == "r") ? "\r" : (c == "b") ? "\b" : (c == "f") ? "\f" : c
        }
        put(c)
      }
    }'
}

# Ends the script where an answer lacks what a later request needs.
need() {
  [ -n "$2" ] && return
  printf 'The answer has no %s, so the rest cannot be sent.\n' "$1" >&2
  exit 2
}

# The body of the next request.
data() { printf '%s' "$1" > "$work/body"; }

# METHOD PATH [option of curl ...]
call() {
  method=$1 path=$2
  shift 2
  : > "$work/answer"
  : > "$work/head"
  got=$(curl -q -sS -g --path-as-is --http1.1 -m "${SCIM_TIMEOUT:-60}" -o "$work/answer" -D "$work/head" \
    -w '%{http_code}' -K "$work/connection" -H 'Expect:' "$@" "$SCIM_URL$path" 2> "$work/error") || :
}

# METHOD PATH STATUS [option of curl ...]: sends a request and prints its status beside the recorded one.
send() {
  method=$1 path=$2 recorded=$3 mark=' '
  shift 3
  call "$method" "$path" "$@"
  count=$((count + 1))
  if [ "$got" != "$recorded" ]; then
    mark='!'
    differ=$((differ + 1))
  fi
  printf '%s %-6s %s  %s (recorded: %s)\n' "$mark" "$method" "$path" "$got" "$recorded"
  if [ "$got" = 000 ]; then
    tr -d '[:cntrl:]' < "$work/error"
    printf '\n'
    [ "$recorded" = 000 ] || exit 2
  fi
  [ -z "${VERBOSE:-}" ] || answer
  case $method/$got/$path in
    POST/2??/*.search*) ;;
    POST/2??/*Bulk*) remember_each ;;
    POST/2??/*)
      made_id=$(new_id)
      remember "${path%%\?*}/$(decoded "$made_id" url)"
      ;;
  esac
}

# The last answer, for a terminal: its first lines, without control characters.
answer() {
  tr -d '\000-\010\013-\037\177' < "$work/answer" |
    awk '{ left = 2000 - size; size += length($0); if (left > 0) print "      " substr($0, 1, left) }'
}

# A finding of the run at the request before it.
finding() {
  printf '    %s\n' "$1"
  [ -n "${VERBOSE:-}" ] || answer
}

# PATH CONTENT-TYPE: creates an account in place of one that the run kept beside its scenarios.
stand_in() {
  call POST "$1" -K "$work/right" -X POST -H "Content-Type: $2" --data-binary "@$work/body"
  printf '  set-up: POST %s  %s\n' "$1" "$got"
  case $got in 2??) remember "$1/$(decoded "$(new_id)" url)" ;; *) exit 2 ;; esac
}

# Notes the path of a resource that the clean-up deletes.
remember() {
  case $1 in
    */) printf '    The answer names no id: delete what this request made by hand.\n' ;;
    *) printf '%s\n' "$1" >> "$work/made" ;;
  esac
}

remember_each() {
  flat < "$work/answer" | sed -n 's,^/Operations/[0-9]*/location'"$(printf '\t')"',,p' > "$work/locations"
  while IFS= read -r place; do
    kind=${place%/*}
    remember "/${kind##*/}/$(decoded "$(last "$place")" url)"
  done < "$work/locations"
}

# Deletes what the script made, the last first, also where it stops early. A resource without the tag stays.
clean_up() {
  status=$?
  trap '' HUP INT TERM
  awk '!known[$0]++ { line[++lines] = $0 } END { while (lines) print line[lines--] }' "$work/made" > "$work/order"
  while IFS= read -r place; do
    call GET "$place" -K "$work/right"
    case $got in 404 | 410) continue ;; esac
    if grep -q -i -F -e "$TAG" "$work/answer"; then
      call DELETE "$place" -K "$work/right" -X DELETE
      printf '  clean-up: DELETE %s  %s\n' "$place" "$got"
    else
      printf '  clean-up: %s stays: GET answered %s, and the tag %s is not in it\n' "$place" "$got" "$TAG"
    fi
  done < "$work/order"
  rm -rf "$work"
  trap - EXIT
  exit "$status"
}

# A text inside the quotes of a file that curl reads.
quoted() { printf '%s' "$1" | tr -d '\r\n' | sed 's/[\\"]/\\&/g'; }

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
: > "$work/connection"
: > "$work/right"
: > "$work/none"
