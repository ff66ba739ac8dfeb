"""What browsers let pages do: ours have what they use, and nothing that could be turned against their reader."""

from tests.browser.screen import Screen
from webapp.web.security import UNUSED_FEATURES


async def test_a_page_may_use_no_powerful_feature_that_it_does_not_need(screen: Screen) -> None:
    allowed = await screen.page.evaluate("() => document.featurePolicy.allowedFeatures()")
    known = await screen.page.evaluate("() => document.featurePolicy.features()")
    assert set(UNUSED_FEATURES) & set(allowed) == set()
    assert len(set(UNUSED_FEATURES) & set(known)) > 15
    assert {"clipboard-write", "publickey-credentials-get", "publickey-credentials-create"} & set(known) <= set(allowed)
    assert await screen.page.evaluate("() => crossOriginIsolated") is False


async def test_no_browser_complains_of_a_feature_that_it_does_not_know(screen: Screen) -> None:
    await screen.reload()
    assert screen.complaints == []
