The console has taken all administrators. Then an inactive one is deleted, which
takes nothing from anybody: the answer must not be that administrators were lost.

seed 28 contract status people 45 administrators 2 replicas 1 apps 1
40m56.548474225s | console removes | 0 | 0 | EDITOR | 85
42m40.960740427s | console deactivates | 1 | 0 | VIEWER | 800
1h33m45.569422142s | delete | 1 | 0 | EDITOR | 264
