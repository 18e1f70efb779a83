Suger does not answer the list of roles for some minutes. A group of viewers is
pushed, and a member of it who holds a custom role must keep that.

seed 98 contract membership people 14 administrators 2 replicas 1 apps 1
36m36.645838768s | marry | 2 | 0 | VIEWER | 982
38m27.275669258s | group member | 8 | 0 | VIEWER | 733
40m48.839812433s | weather | 8 | 0 | Deal desk | 151
41m15.652884554s | push group | 7 | 0 | VIEWER | 9
