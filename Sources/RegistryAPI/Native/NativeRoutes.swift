/// Adds the routes of Rollcall's own API.
func addNativeRoutes(to routes: inout RouteTable, context api: APIContext) {
}
