A group of administrators is pushed with one new member, who loses access at the
same moment. Nobody else is left, so the end of access is undone: the person has
the role that the group gave meanwhile, and the client is answered 409.

seed 1015 contract status people 45 administrators 2 replicas 3 apps 1
1m1.176920245s | look up | 3 | 0 | EDITOR | 311
1m2.618913366s | push unknown | 26 | 0 | Deal desk | 326
1m10.811191392s | look up | 39 | 0 | ADMIN | 497
1m27.943341307s | group member | 35 | 0 | Finance | 837
1m47.857630573s | console removes | 26 | 0 | ADMIN | 459
1m48.223706589s | look up | 26 | 0 | Finance | 492
2m46.167192413s | push unknown | 41 | 0 | VIEWER | 509
3m7.715344841s | leave | 26 | 0 | Deal desk | 182
3m8.05159014s | look up | 47 | 0 | VIEWER | 280
3m56.479210108s | move | 35 | 0 | VIEWER | 462
3m58.39078444s | push group | 35 | 0 | ADMIN | 317
3m58.446793883s | leave | 35 | 0 | VIEWER | 728
