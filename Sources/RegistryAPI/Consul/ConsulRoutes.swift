/// Adds the routes below `/v1`, as Consul's clients know them.
func addConsulRoutes(to routes: inout RouteTable, context: APIContext) {
}
