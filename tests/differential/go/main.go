// Go's net/http with encoding/json, and Gin's binding.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/gin-gonic/gin"
)

type reading struct {
	From     string  `json:"from"`
	At       string  `json:"at"`
	User     *string `json:"user"`
	Password *string `json:"password"`
	Grant    *string `json:"grant"`
}

type inner struct {
	Email    string `json:"email" form:"user[email]"`
	Password string `json:"password" form:"user[password]"`
}

func add(all []reading, from, at, user, password, grant string) []reading {
	if password == "" {
		return all
	}
	trimmed := func(text string) *string {
		text = strings.TrimSpace(text)
		if text == "" {
			return nil
		}
		return &text
	}
	return append(all, reading{from, at, trimmed(user), trimmed(password), trimmed(grant)})
}

type flat struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Grant    string `json:"grant_type"`
}

type bound struct {
	User     string `json:"user" form:"user" xml:"user" yaml:"user"`
	Password string `json:"password" form:"password" xml:"password" yaml:"password"`
	Grant    string `json:"grant_type" form:"grant_type" xml:"grant_type" yaml:"grant_type"`
}

func loose(all []reading, body []byte) []reading {
	var it flat
	if json.NewDecoder(bytes.NewReader(body)).Decode(&it) == nil {
		all = add(all, "json of any type", "web", it.User, it.Password, it.Grant)
	}
	var deep struct {
		User inner `json:"user"`
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(&deep) == nil {
		all = add(all, "json of any type", "nested", deep.User.Email, deep.User.Password, "")
	}
	return all
}

func again(request *http.Request, body []byte) *http.Request {
	copied := request.Clone(request.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	return copied
}

func answer(writer http.ResponseWriter, all []reading) {
	if all == nil {
		all = []reading{}
	}
	writer.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(writer).Encode(all)
}

func plain(writer http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	all := loose(nil, body)
	form := again(request, body)
	_ = form.ParseMultipartForm(1 << 20)
	all = add(all, "params", "web", form.FormValue("user"), form.FormValue("password"), form.FormValue("grant_type"))
	all = add(all, "form", "web", form.PostFormValue("user"), form.PostFormValue("password"), form.PostFormValue("grant_type"))
	all = add(all, "params", "nested", form.FormValue("user[email]"), form.FormValue("user[password]"), "")
	query := request.URL.Query()
	all = add(all, "query", "web", query.Get("user"), query.Get("password"), query.Get("grant_type"))
	if user, password, ok := request.BasicAuth(); ok {
		all = add(all, "basic", "basic", user, password, "")
	}
	answer(writer, all)
}

func ginned(context *gin.Context) {
	body, _ := io.ReadAll(context.Request.Body)
	all := loose(nil, body)
	context.Request = again(context.Request, body)
	var it bound
	if context.ShouldBind(&it) == nil {
		all = add(all, "bind", "web", it.User, it.Password, it.Grant)
	}
	context.Request = again(context.Request, body)
	nested := context.PostFormMap("user")
	all = add(all, "form map", "nested", nested["email"], nested["password"], "")
	asked := context.QueryMap("user")
	all = add(all, "query map", "nested", asked["email"], asked["password"], "")
	all = add(all, "query", "web", context.Query("user"), context.Query("password"), context.Query("grant_type"))
	all = add(all, "form", "web", context.PostForm("user"), context.PostForm("password"), context.PostForm("grant_type"))
	answer(context.Writer, all)
}

func main() {
	address := "127.0.0.1:" + os.Getenv("PORT")
	if len(os.Args) > 1 && os.Args[1] == "gin" {
		gin.SetMode(gin.ReleaseMode)
		router := gin.New()
		router.Use(gin.Recovery())
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "LOGIN", "QUERY", "PROPFIND"} {
			router.Handle(method, "/login", ginned)
		}
		panic(http.ListenAndServe(address, router))
	}
	http.HandleFunc("/login", plain)
	panic(http.ListenAndServe(address, nil))
}
