package ops

import "net/http"

// maxForm bounds a form, in bytes.
const maxForm = 16 << 10

type signInPage struct {
	frame
	Problem string
}

func (s *server) signInForm(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "signin", signInPage{frame: frame{Title: "Sign in", Version: s.config.Version}})
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if s.access.accepts(r, r.PostFormValue("token")) {
		s.access.open(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	page, status := signInPage{frame: frame{Title: "Sign in", Version: s.config.Version}}, http.StatusUnauthorized
	page.Problem = "This is not the token."
	if s.access.guessing.Wait(peer(r)) > 0 {
		status = http.StatusTooManyRequests
		page.Problem = "Too many wrong tokens came from your address. Try again in a minute."
	}
	s.config.Log.Warn("sign-in to the status page refused", "client", peer(r).String())
	s.show(w, status, "signin", page)
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	s.access.end(w)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
