package documents

// Requirements of RFC 9865, paging by cursor.
var rfc9865 = []requirement{
	must("2", "An empty cursor asks for the first page.").
		by("rfc/cursors.txtar", "gateway.TestCursors"),
	must("2", "A cursor consists of unreserved characters.").
		by("internal/scim.TestCursorRoundTrip"),
	must("2", "A page has at most count resources.").
		by("internal/scim.TestSelectPagesByCursor", "internal/scim.TestSelectSizesOfPages"),
	must("2", "A negative count is 0, and 0 returns only the total.").
		by("internal/scim.TestCursorOfAnEmptyPage", "gateway.TestListParameters/negative count"),
	must("2", "Every page except the last has nextCursor.").
		by("internal/scim.TestSelectPagesByCursor", "internal/scim.TestCursorOfAnEmptyPage", "gateway.TestCursorsOnTheRoot"),
	must("2", "The first page has no previousCursor.").
		moot("It is optional and never sent."),
	should("2", "totalResults is the number of resources on all pages.").
		by("gateway.TestCursors", "gateway.TestCursorsOnTheRoot"),
	should("2.1", "An invalid cursor is answered with invalidCursor or expiredCursor.").
		by("rfc/cursors.txtar", "internal/scim.TestCursorRefuses", "internal/scim.TestCursorExpires"),
	should("2.1", "An invalid count is answered with invalidCount.").
		by("rfc/cursors.txtar", "gateway.TestListParameters/count above the page size").
		departs("A count above the largest page is reduced, one that is not a number is invalidValue, as in paging by index. It may change between pages."),
	should("2.2", "Pages by cursor can be sorted.").
		by("gateway.TestCursors", "internal/scim.TestSelectPagesByCursor/sorted descending"),
	must("2.4", "There is a default method: index, if clients expect it.").
		by("gateway.TestServiceProviderConfigMatchesBehavior", "gateway.TestCursors/no cursor unless asked"),
	must("3", "Cursors work in POST /.search.").
		by("rfc/cursors.txtar", "gateway.TestCursorsOnTheRoot"),
	should("4", "/ServiceProviderConfig describes paging.").
		by("gateway.TestServiceProviderConfigMatchesBehavior"),
	must("5.2", "A cursor shows its bearer nothing beyond their permissions.").
		by("gateway.TestCursors/another client's token does not"),
	must("5.2", "Authorization is checked on every page.").
		by("gateway.TestEverythingElseNeedsACredential", "mapping.TestRevokedCredential"),
	should("5.2", "A change of permissions invalidates cursors.").
		by("gateway.TestCursors/another client's token does not").
		departs("A cursor is a position: each page is read with the current permissions."),
	must("5.2", "Errors do not reveal whether data exists.").
		by("internal/scim.TestCursorRefuses"),
	should("5.2", "A forged cursor is recognized.").
		by("internal/scim.TestCursorRefuses/a changed character"),
	should("5.3", "Cursors cannot exhaust the provider's resources.").
		by("gateway.TestMaxInFlight").
		departs("The gateway stores none."),
}
