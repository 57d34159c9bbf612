package job

// Texts passes all texts of an outcome through a function.
func (outcome *Outcome) Texts(pass func(string) string) {
	all := []*string{&outcome.Variables, &outcome.Code, &outcome.Message, outcome.Denied}
	if allowed := outcome.Allowed; allowed != nil {
		all = append(all, allowed.Assignee, allowed.DueDate, allowed.FollowUpDate)
		for _, list := range []*[]string{allowed.CandidateUsers, allowed.CandidateGroups} {
			for index := range valueOf(list) {
				all = append(all, &(*list)[index])
			}
		}
	}
	if directed := outcome.Directed; directed != nil {
		for index := range directed.Activate {
			activation := &directed.Activate[index]
			all = append(all, &activation.ElementID, &activation.Variables)
		}
	}
	for _, text := range all {
		if text != nil {
			*text = pass(*text)
		}
	}
}

func valueOf(list *[]string) []string {
	if list == nil {
		return nil
	}
	return *list
}
