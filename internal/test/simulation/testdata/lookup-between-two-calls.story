Somebody who has left is created again, which takes two calls since Suger keeps
their names. Between the two a lookup at the same replica must not say that there
is nobody: the list at hand is older than the first call.

seed 831055967414 contract membership people 14 administrators 2 replicas 3 apps 1
1m8.135484s | console promotes | 0 | 0 | EDITOR | 119
1m11.313559549s | hire | 0 | 0 | Finance | 45
43m58.101294303s | leave | 0 | 0 | EDITOR | 977
44m48.53779351s | create unseen | 0 | 0 | ADMIN | 585
44m50.043210354s | hire | 0 | 0 | Deal desk | 527
