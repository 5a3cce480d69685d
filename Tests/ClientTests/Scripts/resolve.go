// Asks Rollcall with Go's own resolver; prints one line for each question.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true}

	addresses := func(name string) []string {
		found, err := resolver.LookupHost(ctx, name)
		check(err)
		sort.Strings(found)
		return found
	}
	show := func(label string, words ...string) {
		fmt.Println(strings.Join(append([]string{label}, words...), " "))
	}

	show("a", addresses("payment.service.consul")...)
	six, err := resolver.LookupIP(ctx, "ip6", "six.service.consul")
	check(err)
	groups := []string{}
	digits := hex.EncodeToString(six[0])
	for i := 0; i < len(digits); i += 4 {
		value, err := strconv.ParseUint(digits[i:i+4], 16, 16)
		check(err)
		groups = append(groups, strconv.FormatUint(value, 16))
	}
	show("aaaa", strings.Join(groups, ":"))
	_, services, err := resolver.LookupSRV(ctx, "payment", "tcp", "service.consul")
	check(err)
	sort.Slice(services, func(i, j int) bool { return services[i].Port < services[j].Port })
	words := []string{}
	for _, service := range services {
		words = append(words, strconv.Itoa(int(service.Port)), strings.TrimSuffix(service.Target, "."))
	}
	show("srv", words...)
	show("target", addresses(services[0].Target)...)
	names, err := resolver.LookupAddr(ctx, "10.0.1.1")
	check(err)
	show("reverse", strings.TrimSuffix(names[0], "."))
	show("upper", addresses("PAYMENT.Service.CONSUL")...)
	show("search", addresses("payment")...)
	show("many", strconv.Itoa(len(addresses("fleet.service.consul"))))
	var failure *net.DNSError
	if _, err = resolver.LookupHost(ctx, "missing.service.consul."); errors.As(err, &failure) && failure.IsNotFound {
		show("no", "name")
	}
	if _, err = resolver.LookupIP(ctx, "ip6", "payment.service.consul."); err != nil {
		show("no", "type")
	}
}
