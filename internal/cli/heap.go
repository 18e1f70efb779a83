package cli

import "runtime"

// reservedHeap is how much of the heap is set aside, in bytes. No page of it is
// ever touched, so that it takes addresses and no memory.
const reservedHeap = 24 << 20

// reserveHeap makes the garbage collector run when about that much has been
// allocated since it ran last. Left alone it runs for every 4 MB as long as
// little is in use, which some hundred requests allocate: a sixth of all the
// time that the gateway takes. With it, as much more may wait to be collected, and
// the runtime's own numbers count it. The heap is reserved until the function that
// it returns is called.
func reserveHeap() (release func()) {
	reserved := make([]byte, reservedHeap)
	return func() { runtime.KeepAlive(reserved) }
}
