/** The public guide in this page: asked once, shared by all pages, searchable; kept offline by the service worker. */
import { computed, shallowRef } from 'vue'
import type { ItemRecord } from '../../forms/item'
import { buildIndex, search } from '../../forms/search'
import type { Answer } from '../../ui/rest'
import { askGuide, askItem, type Guide, type ListedItem, type PointInfo } from './api'

export type GuideState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'ready'; readonly guide: Guide; readonly atMs: number }

export type Audience = 'person' | 'company'

/** 服务对象 1 is a natural person, all others are organisations. */
const PERSON = '1'
const FOUND_COUNT_MAX = 20
/** How many guides of each kind of applicant a first visit keeps. */
const KEPT_COUNT = 8

export const guideState = shallowRef<GuideState>({ kind: 'loading' })

export const items = computed(() => (guideState.value.kind === 'ready' ? guideState.value.guide.items : []))

/** Nobody at home types an implementation code: the list comes without. */
const index = computed(() => buildIndex(items.value.map((item) => ({ ...item, implementations: [] }))))

let asked: Promise<void> | null = null

/** Asks once a visit; after a failure, and only then, asks again. */
export function loadGuide(): Promise<void> {
  asked ??= load()
  return asked
}

export function retryGuide(): Promise<void> {
  guideState.value = { kind: 'loading' }
  asked = load()
  return asked
}

/** The guides opened since the page was loaded. */
const openedIds = new Set<string>()

/** One item's whole guide. */
export function openGuide(id: string): Promise<Answer<ItemRecord>> {
  openedIds.add(id)
  return askItem(id)
}

/**
 * On the very first visit the guide came before the service worker was there to keep it: asked once more, with what was
 * opened meanwhile and the guides that people ask for most, so that they open when the line is cut.
 */
export function keepForOffline(container: ServiceWorkerContainer): void {
  if (container.controller !== null) return
  container.addEventListener('controllerchange', () => void keepFrequent(), { once: true })
}

async function keepFrequent(): Promise<void> {
  await load()
  const frequent = (['person', 'company'] as const).flatMap((audience) => frequentFor(audience).slice(0, KEPT_COUNT))
  for (const id of new Set([...openedIds, ...frequent.map((item) => item.id)])) {
    const answer = await askItem(id)
    if (!answer.ok) return
  }
}

export function findItems(query: string): readonly ListedItem[] {
  return search(index.value, query, { limit: FOUND_COUNT_MAX, recentIds: [] }).map(({ item }) => item)
}

/** The points where an item is handled, as the zone lists them. */
export function pointsOf(item: ListedItem): readonly PointInfo[] {
  if (guideState.value.kind !== 'ready') return []
  return guideState.value.guide.points.filter((point) => item.points.includes(point.id))
}

/** The names of an item and a point by their ids; an id stands for itself until the guide is here. */
export function itemName(id: string): string {
  return items.value.find((item) => item.id === id)?.name ?? id
}

export function pointName(id: string): string {
  return guideState.value.kind === 'ready' ? (guideState.value.guide.points.find((point) => point.id === id)?.name ?? id) : id
}

export function isFor(item: ListedItem, audience: Audience): boolean {
  const codes = item.serviceObjectCodes
  return audience === 'person' ? codes.includes(PERSON) : codes.some((code) => code !== PERSON)
}

/** What people of this kind ask for most, first the most frequent. */
export function frequentFor(audience: Audience): readonly ListedItem[] {
  const frequent = items.value.filter((item) => item.highFrequency && isFor(item, audience))
  return [...frequent].sort((a, b) => b.sampleWeight - a.sampleWeight)
}

async function load(): Promise<void> {
  const answer = await askGuide()
  if (answer.ok) guideState.value = { kind: 'ready', guide: answer.value, atMs: answer.atMs }
  else if (guideState.value.kind !== 'ready') guideState.value = { kind: 'failed', code: answer.code }
}
