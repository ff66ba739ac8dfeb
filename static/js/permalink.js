// An address with the name of a message that the page does not have: the message knows its place.

const named = /^#m-([0-9a-f-]{36})$/.exec(location.hash);
if (named && document.getElementById("turns") && !document.getElementById(`m-${named[1]}`)) {
  location.replace(new URL(`../messages/${named[1]}`, import.meta.url));
}
