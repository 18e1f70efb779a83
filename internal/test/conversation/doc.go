// Package conversation replays recorded-style conversations between an identity
// provider and the gateway, and checks every answer.
//
// A story is one text file. It begins with prose that says what happens, which
// client speaks, where the form of its requests is documented, and that the
// data is invented. Sections follow, each under a line such as "-- request --":
//
//	-- given --      (first, optional) one line each:
//	                     people NUMBER          that many more people in Suger
//	                     seats NUMBER           of the Suger plan
//	                     header NAME: VALUE     sent with every request
//	                     setting NAME=VALUE     of the gateway
//	-- request --    METHOD /path relative to the base URL, in the exact form
//	                 of the wire; header lines that differ from Okta's usual
//	                 ones (an empty value leaves the header out); a blank line
//	                 and the body
//	-- response --   status; header lines to compare; a blank line and the body
//	-- suger --      (optional) the calls that Suger saw, in order, one a line, or "none"
//	-- state --      (optional) EMAIL ROLE STATUS GIVEN FAMILY, or EMAIL absent; words
//	                 may be left off at the end
//	-- behind --     what happens without the gateway, one act a line; which acts
//	                 there are is up to the [Stack]
//
// A story is written for one Suger. With another [Contract] behind the gateway,
// "-- suger --" is not compared, and these sections of a step take effect, each
// with the names of the contracts that it is for:
//
//	-- response NAME... --   in place of the response
//	-- state NAME... --      in place of the state
//	-- ends NAME... --       the story ends here; the text says why
//
// {{name}} stands for a captured value, {{base}} for the base URL and {{token}}
// for the bearer token. In a response, a string may hold these patterns, alone
// or within other text:
//
//	<any>           anything; alone, any JSON value
//	<string>        at least one character
//	<time>          an RFC 3339 time in UTC
//	<capture name>  at least one character, from now on {{name}}
//	<unique name>   the same, and a value that <unique name> has not met before in the story
//
// An array ["<3 times>", x] is three elements that are all like x. An object
// with the key "<more>" may have further keys; every other object must have
// exactly the keys that are written.
package conversation
