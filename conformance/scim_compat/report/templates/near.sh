# The secret $2, altered in one way: a credential that is almost right.
altered() {
  printf '%s' "$2" | USE=$1 awk '
    { text = text $0 }
    END {
      use = ENVIRON["USE"]
      body = text
      sub(/=+$/, "", body)
      if (use == "prefix") print substr(body, 1, length(body) - 1)
      else if (use == "tail") print substr(text, 2)
      else if (use == "suffix") print body "Zz09" substr(text, length(body) + 1)
      else if (use == "changed") {
        place = (length(text) > 4) ? length(text) - 4 : 1
        c = substr(text, place, 1)
        c = (c ~ /[0-9]/) ? (c + 1) % 10 : (c == "a") ? "b" : "a"
        print substr(text, 1, place - 1) c substr(text, place + 1)
      }
      else if (use == "other-case")
        for (i = 1; i <= length(text); i++) {
          c = substr(text, i, 1)
          printf "%s", (c == tolower(c)) ? toupper(c) : tolower(c)
        }
    }'
}

