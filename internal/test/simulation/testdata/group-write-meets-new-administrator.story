A group gives its role to somebody whom another replica has made the only
administrator since this one read its list. Nothing that Suger answers tells so:
the client is answered 409 and told to make somebody an administrator.

seed 2002556 contract status people 45 administrators 1 replicas 2 apps 2
20m56.102717554s | push group | 45 | 1 | ADMIN | 477
21m25.040138255s | push group | 32 | 1 | EDITOR | 415
21m25.814022865s | push group | 1 | 1 | ADMIN | 83
21m25.864695248s | group member | 1 | 1 | Finance | 901
