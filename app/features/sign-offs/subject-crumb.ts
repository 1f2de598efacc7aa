import type { SignOffSubject } from '#app/domain/subject.ts'
import { paths } from '#app/paths.ts'

/** Where what is signed has its own page. */
export function subjectCrumb(
  engagementId: string,
  { subjectType, subjectId }: { readonly subjectType: SignOffSubject; readonly subjectId: string },
): { label: string; to: string } {
  switch (subjectType) {
    case 'model_version':
      return { label: 'Model version', to: paths.modelVersion(engagementId, subjectId) }
    case 'change_request':
      return { label: 'Change', to: paths.change(engagementId, subjectId) }
    case 'deliverable_version':
      return { label: 'Deliverables', to: paths.deliverables(engagementId) }
    case 'handover':
      return { label: 'Hand-over', to: paths.handover(engagementId) }
    case 'problem_statement':
    case 'criterion_version':
      return { label: 'Definition', to: paths.definition(engagementId) }
    default:
      return subjectType satisfies never
  }
}
