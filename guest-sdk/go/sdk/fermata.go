// Package fermata lets a Go program do the jobs of a Fermata process engine as a WebAssembly component.
//
//	func init() { fermata.Serve(check) }
//
//	func main() {} // A component has no main function of its own: the host calls the handler.
//
//	func check(ctx context.Context, job *fermata.Job) (any, error) {
//		article, err := fermata.Variable[string](job, "article")
//		if err != nil {
//			return nil, err
//		}
//		response, err := fermata.NewRequest("GET", "https://stock.example/articles/"+url.PathEscape(article)).Send(ctx)
//		...
//		return map[string]any{"available": true}, nil
//	}
//
// What a handler returns becomes the variables of the process: nil, or anything that encoding/json writes as an object,
// or an [Outcome] such as [Again]. A [BPMNError] is for the boundary events of the model, a [Failure] says how the job is
// retried, and every other error is a failure that is retried.
//
// The default logger of log/slog writes the job's log records.
package fermata
